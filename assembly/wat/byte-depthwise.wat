;; Release code of assembly/byte-depthwise.ts, written by `npm run build:wat`: a change of it shows here.

(func $assembly/byte-depthwise/sumWindow (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32)
 (local $8 i32)
 (local $9 i32)
 (local $10 i32)
 (local $11 i32)
 (local $12 i32)
 (local $13 i32)
 (local $14 v128)
 (local $15 i32)
 (local $16 i32)
 local.get $7
 i32.const 1
 i32.shl
 local.set $13
 loop $for-loop|0
  local.get $9
  i32.const 8
  i32.add
  local.get $7
  i32.le_u
  if
   local.get $9
   i32.const 1
   i32.shl
   local.tee $15
   local.get $1
   i32.add
   v128.load
   local.set $14
   i32.const 0
   local.set $8
   loop $for-loop|1
    local.get $5
    local.get $8
    i32.gt_s
    if
     local.get $2
     local.get $9
     i32.add
     local.get $3
     local.get $8
     i32.mul
     i32.add
     local.set $10
     local.get $4
     local.get $15
     i32.add
     local.get $8
     i32.const 3
     i32.mul
     local.get $13
     i32.mul
     i32.add
     local.set $11
     i32.const 0
     local.set $12
     loop $for-loop|2
      local.get $6
      local.get $12
      i32.gt_s
      if
       local.get $14
       local.get $10
       v128.load8x8_u align=1
       i32.const 7
       i16x8.shl
       local.get $11
       v128.load
       i16x8.q15mulr_sat_s
       i16x8.add_sat_s
       local.set $14
       local.get $12
       i32.const 1
       i32.add
       local.set $12
       local.get $7
       local.get $10
       i32.add
       local.set $10
       local.get $11
       local.get $13
       i32.add
       local.set $11
       br $for-loop|2
      end
     end
     local.get $8
     i32.const 1
     i32.add
     local.set $8
     br $for-loop|1
    end
   end
   local.get $0
   local.get $9
   i32.add
   local.get $14
   local.get $1
   local.get $13
   i32.add
   local.get $15
   i32.add
   v128.load
   i16x8.q15mulr_sat_s
   local.tee $14
   local.get $14
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $9
   i32.const 8
   i32.add
   local.set $9
   br $for-loop|0
  end
 end
 loop $for-loop|3
  local.get $7
  local.get $9
  i32.gt_u
  if
   local.get $9
   i32.const 1
   i32.shl
   local.tee $16
   local.get $1
   i32.add
   i32.load16_s
   local.set $10
   i32.const 0
   local.set $8
   loop $for-loop|4
    local.get $5
    local.get $8
    i32.gt_s
    if
     local.get $2
     local.get $9
     i32.add
     local.get $3
     local.get $8
     i32.mul
     i32.add
     local.set $11
     local.get $4
     local.get $16
     i32.add
     local.get $8
     i32.const 3
     i32.mul
     local.get $13
     i32.mul
     i32.add
     local.set $12
     i32.const 0
     local.set $15
     loop $for-loop|5
      local.get $6
      local.get $15
      i32.gt_s
      if
       i32.const -32768
       i32.const 32767
       local.get $10
       i32.const 32767
       local.get $12
       i32.load16_s
       local.get $11
       i32.load8_u
       i32.const 7
       i32.shl
       i32.mul
       i32.const 16384
       i32.add
       i32.const 15
       i32.shr_s
       local.tee $10
       local.get $10
       i32.const 32767
       i32.ge_s
       select
       i32.add
       local.tee $10
       local.get $10
       i32.const 32767
       i32.ge_s
       select
       local.tee $10
       local.get $10
       i32.const -32768
       i32.le_s
       select
       local.set $10
       local.get $15
       i32.const 1
       i32.add
       local.set $15
       local.get $7
       local.get $11
       i32.add
       local.set $11
       local.get $12
       local.get $13
       i32.add
       local.set $12
       br $for-loop|5
      end
     end
     local.get $8
     i32.const 1
     i32.add
     local.set $8
     br $for-loop|4
    end
   end
   local.get $0
   local.get $9
   i32.add
   i32.const 255
   i32.const 32767
   local.get $1
   local.get $13
   i32.add
   local.get $16
   i32.add
   i32.load16_s
   local.get $10
   i32.mul
   i32.const 16384
   i32.add
   i32.const 15
   i32.shr_s
   local.tee $8
   local.get $8
   i32.const 32767
   i32.ge_s
   select
   local.tee $8
   local.get $8
   i32.const 255
   i32.ge_s
   select
   local.tee $8
   i32.const 0
   local.get $8
   i32.const 0
   i32.gt_s
   select
   i32.store8
   local.get $9
   i32.const 1
   i32.add
   local.set $9
   br $for-loop|3
  end
 end
)

(func $assembly/byte-depthwise/group2 (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32)
 (local $7 v128)
 (local $8 v128)
 (local $9 i32)
 (local $10 i32)
 (local $11 v128)
 (local $12 i32)
 (local $13 v128)
 (local $14 v128)
 (local $15 i32)
 (local $16 v128)
 (local $17 i32)
 (local $18 v128)
 (local $19 v128)
 (local $20 i32)
 (local $21 i32)
 (local $22 v128)
 local.get $5
 i32.const 1
 i32.shl
 local.set $12
 local.get $2
 local.get $5
 i32.add
 local.set $17
 loop $for-loop|0
  local.get $2
  local.get $17
  i32.lt_u
  if
   local.get $3
   v128.load
   local.tee $8
   local.set $14
   local.get $8
   local.tee $7
   local.set $11
   local.get $0
   local.set $10
   local.get $1
   local.set $9
   i32.const 0
   local.set $15
   loop $for-loop|1
    local.get $4
    local.get $15
    i32.gt_s
    if
     local.get $9
     v128.load
     local.set $18
     local.get $9
     local.get $12
     i32.add
     local.tee $9
     v128.load
     local.set $19
     local.get $9
     local.get $12
     i32.add
     local.tee $9
     v128.load
     local.set $13
     local.get $9
     local.get $12
     i32.add
     local.set $9
     local.get $5
     local.get $10
     i32.add
     local.tee $20
     local.get $5
     i32.add
     local.tee $21
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.set $22
     local.get $8
     local.get $10
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $20
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $19
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $22
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $8
     local.get $5
     local.get $21
     i32.add
     local.tee $20
     local.get $5
     i32.add
     local.tee $21
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.set $16
     local.get $14
     local.get $22
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $20
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $19
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $16
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $14
     local.get $5
     local.get $21
     i32.add
     local.tee $20
     local.get $5
     i32.add
     local.tee $21
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.set $22
     local.get $7
     local.get $16
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $20
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $19
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $22
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $7
     local.get $11
     local.get $22
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $5
     local.get $21
     i32.add
     local.tee $20
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $19
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $5
     local.get $20
     i32.add
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $11
     local.get $15
     i32.const 1
     i32.add
     local.set $15
     local.get $6
     local.get $10
     i32.add
     local.set $10
     br $for-loop|1
    end
   end
   local.get $2
   local.get $8
   local.get $3
   local.get $12
   i32.add
   v128.load
   local.tee $8
   i16x8.q15mulr_sat_s
   local.tee $13
   local.get $13
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $2
   local.get $5
   i32.add
   local.get $14
   local.get $8
   i16x8.q15mulr_sat_s
   local.tee $13
   local.get $13
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $2
   local.get $5
   i32.const 1
   i32.shl
   i32.add
   local.get $7
   local.get $8
   i16x8.q15mulr_sat_s
   local.tee $7
   local.get $7
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $2
   local.get $5
   i32.const 3
   i32.mul
   i32.add
   local.get $11
   local.get $8
   i16x8.q15mulr_sat_s
   local.tee $7
   local.get $7
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $0
   i32.const 8
   i32.add
   local.set $0
   local.get $1
   i32.const 16
   i32.add
   local.set $1
   local.get $3
   i32.const 16
   i32.add
   local.set $3
   local.get $2
   i32.const 8
   i32.add
   local.set $2
   br $for-loop|0
  end
 end
)

(func $assembly/byte-depthwise/group1 (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32)
 (local $7 v128)
 (local $8 v128)
 (local $9 i32)
 (local $10 i32)
 (local $11 v128)
 (local $12 i32)
 (local $13 v128)
 (local $14 v128)
 (local $15 i32)
 (local $16 i32)
 (local $17 v128)
 (local $18 v128)
 (local $19 i32)
 (local $20 v128)
 (local $21 v128)
 local.get $5
 i32.const 1
 i32.shl
 local.set $12
 local.get $2
 local.get $5
 i32.add
 local.set $16
 loop $for-loop|0
  local.get $2
  local.get $16
  i32.lt_u
  if
   local.get $3
   v128.load
   local.tee $8
   local.set $14
   local.get $8
   local.tee $7
   local.set $11
   local.get $0
   local.set $10
   local.get $1
   local.set $9
   i32.const 0
   local.set $15
   loop $for-loop|1
    local.get $4
    local.get $15
    i32.gt_s
    if
     local.get $9
     v128.load
     local.set $17
     local.get $9
     local.get $12
     i32.add
     local.tee $9
     v128.load
     local.set $18
     local.get $9
     local.get $12
     i32.add
     local.tee $9
     v128.load
     local.set $13
     local.get $9
     local.get $12
     i32.add
     local.set $9
     local.get $8
     local.get $10
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $17
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $5
     local.get $10
     i32.add
     local.tee $19
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.tee $20
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $5
     local.get $19
     i32.add
     local.tee $19
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.tee $21
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $8
     local.get $14
     local.get $20
     local.get $17
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $21
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $5
     local.get $19
     i32.add
     local.tee $19
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.tee $20
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $14
     local.get $7
     local.get $21
     local.get $17
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $20
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $5
     local.get $19
     i32.add
     local.tee $19
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.tee $21
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $7
     local.get $11
     local.get $20
     local.get $17
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $21
     local.get $18
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.get $5
     local.get $19
     i32.add
     v128.load8x8_u align=1
     i32.const 7
     i16x8.shl
     local.get $13
     i16x8.q15mulr_sat_s
     i16x8.add_sat_s
     local.set $11
     local.get $15
     i32.const 1
     i32.add
     local.set $15
     local.get $6
     local.get $10
     i32.add
     local.set $10
     br $for-loop|1
    end
   end
   local.get $2
   local.get $8
   local.get $3
   local.get $12
   i32.add
   v128.load
   local.tee $8
   i16x8.q15mulr_sat_s
   local.tee $13
   local.get $13
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $2
   local.get $5
   i32.add
   local.get $14
   local.get $8
   i16x8.q15mulr_sat_s
   local.tee $13
   local.get $13
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $2
   local.get $5
   i32.const 1
   i32.shl
   i32.add
   local.get $7
   local.get $8
   i16x8.q15mulr_sat_s
   local.tee $7
   local.get $7
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $2
   local.get $5
   i32.const 3
   i32.mul
   i32.add
   local.get $11
   local.get $8
   i16x8.q15mulr_sat_s
   local.tee $7
   local.get $7
   i8x16.narrow_i16x8_u
   v128.store64_lane 0
   local.get $0
   i32.const 8
   i32.add
   local.set $0
   local.get $1
   i32.const 16
   i32.add
   local.set $1
   local.get $3
   i32.const 16
   i32.add
   local.set $3
   local.get $2
   i32.const 8
   i32.add
   local.set $2
   br $for-loop|0
  end
 end
)

(func $assembly/byte-depthwise/depthwiseBytes (param $0 i32) (param $1 i32) (param $2 i32)
 (local $3 i32)
 (local $4 i32)
 (local $5 i32)
 (local $6 i32)
 (local $7 i32)
 (local $8 i32)
 (local $9 i32)
 (local $10 i32)
 (local $11 i32)
 (local $12 i32)
 (local $13 i32)
 (local $14 i32)
 local.get $0
 i32.load
 local.tee $4
 i32.load offset=12
 local.tee $5
 local.get $4
 i32.load offset=8
 i32.mul
 local.set $8
 local.get $0
 i32.load offset=8
 local.get $5
 i32.const 18
 i32.mul
 i32.add
 local.set $9
 local.get $0
 i32.load offset=12
 local.get $1
 local.get $4
 i32.load offset=20
 i32.mul
 local.get $5
 i32.mul
 i32.add
 local.set $7
 loop $for-loop|0
  local.get $1
  local.get $2
  i32.lt_s
  if
   i32.const 0
   local.get $4
   i32.load offset=24
   local.get $1
   local.get $4
   i32.load offset=16
   local.tee $3
   i32.rem_s
   i32.mul
   local.get $4
   i32.load offset=28
   i32.sub
   local.tee $6
   i32.sub
   local.tee $10
   i32.const 0
   local.get $10
   i32.const 0
   i32.ge_s
   select
   local.set $10
   i32.const 3
   local.get $4
   i32.load offset=4
   local.tee $11
   local.get $6
   i32.sub
   local.tee $12
   local.get $12
   i32.const 3
   i32.gt_s
   select
   local.get $10
   i32.sub
   local.set $12
   local.get $0
   i32.load offset=4
   local.get $11
   local.get $1
   local.get $3
   i32.div_s
   i32.mul
   local.get $8
   i32.mul
   i32.add
   local.get $6
   local.get $10
   i32.add
   local.get $8
   i32.mul
   i32.add
   local.set $11
   local.get $0
   i32.load offset=8
   local.get $10
   i32.const 6
   i32.mul
   local.get $5
   i32.mul
   i32.add
   local.set $13
   i32.const 0
   local.set $6
   loop $for-loop|1
    local.get $4
    i32.load offset=20
    local.tee $3
    local.get $6
    i32.gt_s
    if
     local.get $4
     i32.load offset=24
     local.tee $14
     local.get $6
     i32.mul
     local.get $4
     i32.load offset=32
     i32.sub
     local.tee $10
     local.get $14
     i32.const 3
     i32.mul
     i32.add
     i32.const 3
     i32.add
     local.set $14
     local.get $3
     local.get $6
     i32.const 4
     i32.add
     i32.ge_s
     local.tee $3
     if
      local.get $10
      i32.const 0
      i32.ge_s
      local.set $3
     end
     local.get $3
     if (result i32)
      local.get $14
      local.get $4
      i32.load offset=8
      i32.le_s
     else
      local.get $3
     end
     if (result i32)
      local.get $4
      i32.load offset=12
      i32.const 7
      i32.and
     else
      i32.const 1
     end
     if (result i32)
      local.get $7
      local.get $9
      local.get $11
      i32.const 0
      local.get $10
      i32.sub
      local.tee $3
      i32.const 0
      local.get $3
      i32.const 0
      i32.ge_s
      select
      local.tee $3
      local.get $10
      i32.add
      local.get $5
      i32.mul
      i32.add
      local.get $8
      local.get $13
      local.get $3
      i32.const 1
      i32.shl
      local.get $5
      i32.mul
      i32.add
      local.get $12
      i32.const 3
      local.get $4
      i32.load offset=8
      local.get $10
      i32.sub
      local.tee $10
      local.get $10
      i32.const 3
      i32.gt_s
      select
      local.get $3
      i32.sub
      local.get $5
      call $assembly/byte-depthwise/sumWindow
      local.get $6
      i32.const 1
      i32.add
      local.set $6
      local.get $5
      local.get $7
      i32.add
     else
      local.get $11
      local.get $5
      local.get $10
      i32.mul
      i32.add
      local.set $3
      local.get $4
      i32.load offset=24
      i32.const 1
      i32.eq
      if
       local.get $3
       local.get $13
       local.get $7
       local.get $9
       local.get $12
       local.get $5
       local.get $8
       call $assembly/byte-depthwise/group1
      else
       local.get $3
       local.get $13
       local.get $7
       local.get $9
       local.get $12
       local.get $5
       local.get $8
       call $assembly/byte-depthwise/group2
      end
      local.get $6
      i32.const 4
      i32.add
      local.set $6
      local.get $7
      local.get $5
      i32.const 2
      i32.shl
      i32.add
     end
     local.set $7
     br $for-loop|1
    end
   end
   local.get $1
   i32.const 1
   i32.add
   local.set $1
   br $for-loop|0
  end
 end
)
