;; Release code of assembly/depthwise.ts, written by `npm run build:wat`: a change of it shows here.

(func $assembly/depthwise/depthwise (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 f32) (param $7 f32) (param $8 i32) (param $9 i32)
 (local $10 i32)
 (local $11 i32)
 (local $12 i32)
 (local $13 i32)
 (local $14 i32)
 (local $15 i32)
 (local $16 i32)
 (local $17 i32)
 (local $18 i32)
 (local $19 i32)
 (local $20 i32)
 (local $21 v128)
 (local $22 f32)
 (local $23 i32)
 (local $24 i32)
 (local $25 i32)
 (local $26 i32)
 (local $27 i32)
 (local $28 v128)
 (local $29 v128)
 local.get $0
 i32.load offset=12
 i32.const 2
 i32.shl
 local.tee $12
 local.get $0
 i32.load offset=8
 i32.mul
 local.set $16
 local.get $3
 local.get $8
 local.get $0
 i32.load offset=20
 i32.mul
 local.tee $10
 local.get $12
 i32.mul
 i32.add
 local.set $3
 local.get $4
 local.get $5
 local.get $10
 i32.mul
 i32.add
 local.set $4
 loop $for-loop|0
  local.get $8
  local.get $9
  i32.lt_s
  if
   i32.const 0
   local.get $0
   i32.load offset=24
   local.get $8
   local.get $0
   i32.load offset=16
   local.tee $10
   i32.rem_s
   i32.mul
   local.get $0
   i32.load offset=28
   i32.sub
   local.tee $11
   i32.sub
   local.tee $13
   i32.const 0
   local.get $13
   i32.const 0
   i32.ge_s
   select
   local.set $13
   i32.const 3
   local.get $0
   i32.load offset=4
   local.tee $14
   local.get $11
   i32.sub
   local.tee $15
   local.get $15
   i32.const 3
   i32.gt_s
   select
   local.get $13
   i32.sub
   local.set $18
   local.get $1
   local.get $14
   local.get $8
   local.get $10
   i32.div_s
   i32.mul
   local.get $16
   i32.mul
   i32.add
   local.get $11
   local.get $13
   i32.add
   local.get $16
   i32.mul
   i32.add
   local.set $23
   local.get $2
   local.get $13
   i32.const 3
   i32.mul
   local.get $12
   i32.mul
   i32.add
   local.set $20
   i32.const 0
   local.set $17
   loop $for-loop|1
    local.get $0
    i32.load offset=20
    local.tee $10
    local.get $17
    i32.gt_s
    if
     i32.const 1
     local.set $19
     local.get $0
     i32.load offset=24
     local.tee $11
     local.get $17
     i32.mul
     local.get $0
     i32.load offset=32
     i32.sub
     local.tee $13
     local.get $11
     i32.const 3
     i32.mul
     i32.add
     i32.const 3
     i32.add
     local.set $11
     local.get $10
     local.get $17
     i32.const 4
     i32.add
     i32.ge_s
     local.tee $10
     if
      local.get $13
      i32.const 0
      i32.ge_s
      local.set $10
     end
     local.get $10
     if (result i32)
      local.get $11
      local.get $0
      i32.load offset=8
      i32.le_s
     else
      local.get $10
     end
     if (result i32)
      local.get $0
      i32.load offset=12
      i32.const 3
      i32.and
     else
      i32.const 1
     end
     if
      local.get $23
      i32.const 0
      local.get $13
      i32.sub
      local.tee $10
      i32.const 0
      local.get $10
      i32.const 0
      i32.ge_s
      select
      local.tee $10
      local.get $13
      i32.add
      local.get $12
      i32.mul
      i32.add
      local.set $24
      local.get $20
      local.get $10
      local.get $12
      i32.mul
      i32.add
      local.set $25
      local.get $12
      i32.const 3
      i32.mul
      local.set $26
      i32.const 3
      local.get $0
      i32.load offset=8
      local.get $13
      i32.sub
      local.tee $11
      local.get $11
      i32.const 3
      i32.gt_s
      select
      local.get $10
      i32.sub
      local.set $27
      local.get $6
      f32x4.splat
      local.set $28
      local.get $7
      f32x4.splat
      local.set $29
      i32.const 0
      local.set $10
      loop $for-loop|00
       local.get $10
       i32.const 16
       i32.add
       local.get $12
       i32.le_u
       if
        local.get $4
        local.get $10
        i32.add
        v128.load
        local.set $21
        i32.const 0
        local.set $11
        loop $for-loop|11
         local.get $11
         local.get $18
         i32.lt_s
         if
          local.get $10
          local.get $24
          i32.add
          local.get $11
          local.get $16
          i32.mul
          i32.add
          local.set $13
          local.get $10
          local.get $25
          i32.add
          local.get $11
          local.get $26
          i32.mul
          i32.add
          local.set $14
          i32.const 0
          local.set $15
          loop $for-loop|2
           local.get $15
           local.get $27
           i32.lt_s
           if
            local.get $13
            v128.load
            local.get $14
            v128.load
            local.get $21
            f32x4.relaxed_madd
            local.set $21
            local.get $15
            i32.const 1
            i32.add
            local.set $15
            local.get $12
            local.get $13
            i32.add
            local.set $13
            local.get $12
            local.get $14
            i32.add
            local.set $14
            br $for-loop|2
           end
          end
          local.get $11
          i32.const 1
          i32.add
          local.set $11
          br $for-loop|11
         end
        end
        local.get $3
        local.get $10
        i32.add
        local.get $21
        local.get $28
        f32x4.pmax
        local.get $29
        f32x4.pmin
        v128.store
        local.get $10
        i32.const 16
        i32.add
        local.set $10
        br $for-loop|00
       end
      end
      loop $for-loop|3
       local.get $10
       local.get $12
       i32.lt_u
       if
        local.get $4
        local.get $10
        i32.add
        f32.load
        local.set $22
        i32.const 0
        local.set $11
        loop $for-loop|4
         local.get $11
         local.get $18
         i32.lt_s
         if
          local.get $10
          local.get $24
          i32.add
          local.get $11
          local.get $16
          i32.mul
          i32.add
          local.set $13
          local.get $10
          local.get $25
          i32.add
          local.get $11
          local.get $26
          i32.mul
          i32.add
          local.set $14
          i32.const 0
          local.set $15
          loop $for-loop|5
           local.get $15
           local.get $27
           i32.lt_s
           if
            local.get $22
            local.get $13
            f32.load
            local.get $14
            f32.load
            f32.mul
            f32.add
            local.set $22
            local.get $15
            i32.const 1
            i32.add
            local.set $15
            local.get $12
            local.get $13
            i32.add
            local.set $13
            local.get $12
            local.get $14
            i32.add
            local.set $14
            br $for-loop|5
           end
          end
          local.get $11
          i32.const 1
          i32.add
          local.set $11
          br $for-loop|4
         end
        end
        local.get $3
        local.get $10
        i32.add
        local.get $6
        local.get $22
        f32.max
        local.get $7
        f32.min
        f32.store
        local.get $10
        i32.const 4
        i32.add
        local.set $10
        br $for-loop|3
       end
      end
     else
      local.get $23
      local.get $12
      local.get $13
      i32.mul
      i32.add
      local.set $10
      local.get $0
      i32.load offset=24
      i32.const 1
      i32.eq
      if
       local.get $10
       local.get $20
       local.get $3
       local.get $4
       local.get $5
       local.get $18
       local.get $12
       local.get $16
       local.get $6
       local.get $7
       call $assembly/depthwise/group1
      else
       local.get $10
       local.get $20
       local.get $3
       local.get $4
       local.get $5
       local.get $18
       local.get $12
       local.get $16
       local.get $6
       local.get $7
       call $assembly/depthwise/group2
      end
      i32.const 4
      local.set $19
     end
     local.get $17
     local.get $19
     i32.add
     local.set $17
     local.get $3
     local.get $12
     local.get $19
     i32.mul
     i32.add
     local.set $3
     local.get $4
     local.get $5
     local.get $19
     i32.mul
     i32.add
     local.set $4
     br $for-loop|1
    end
   end
   local.get $8
   i32.const 1
   i32.add
   local.set $8
   br $for-loop|0
  end
 end
)

(func $assembly/depthwise/group2 (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 f32) (param $9 f32)
 (local $10 i32)
 (local $11 i32)
 (local $12 v128)
 (local $13 v128)
 (local $14 v128)
 (local $15 v128)
 (local $16 v128)
 (local $17 v128)
 (local $18 v128)
 (local $19 v128)
 (local $20 v128)
 (local $21 i32)
 (local $22 i32)
 (local $23 v128)
 (local $24 i32)
 (local $25 i32)
 (local $26 v128)
 local.get $8
 f32x4.splat
 local.set $12
 local.get $9
 f32x4.splat
 local.set $13
 local.get $2
 local.get $6
 i32.add
 local.set $22
 loop $for-loop|0
  local.get $2
  local.get $22
  i32.lt_u
  if
   local.get $3
   v128.load
   local.set $17
   local.get $3
   local.get $4
   i32.add
   v128.load
   local.set $18
   local.get $3
   local.get $4
   i32.const 1
   i32.shl
   i32.add
   v128.load
   local.set $19
   local.get $3
   local.get $4
   i32.const 3
   i32.mul
   i32.add
   v128.load
   local.set $20
   local.get $0
   local.set $11
   local.get $1
   local.set $10
   i32.const 0
   local.set $21
   loop $for-loop|1
    local.get $5
    local.get $21
    i32.gt_s
    if
     local.get $10
     v128.load
     local.set $14
     local.get $6
     local.get $10
     i32.add
     local.tee $10
     v128.load
     local.set $15
     local.get $6
     local.get $10
     i32.add
     local.tee $10
     v128.load
     local.set $16
     local.get $6
     local.get $10
     i32.add
     local.set $10
     local.get $6
     local.get $11
     i32.add
     local.tee $24
     local.get $6
     i32.add
     local.tee $25
     v128.load
     local.tee $26
     local.get $16
     local.get $24
     v128.load
     local.get $15
     local.get $11
     v128.load
     local.get $14
     local.get $17
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $17
     local.get $6
     local.get $25
     i32.add
     local.tee $24
     local.get $6
     i32.add
     local.tee $25
     v128.load
     local.tee $23
     local.get $16
     local.get $24
     v128.load
     local.get $15
     local.get $26
     local.get $14
     local.get $18
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $18
     local.get $6
     local.get $25
     i32.add
     local.tee $24
     local.get $6
     i32.add
     local.tee $25
     v128.load
     local.tee $26
     local.get $16
     local.get $24
     v128.load
     local.get $15
     local.get $23
     local.get $14
     local.get $19
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $19
     local.get $6
     local.get $25
     i32.add
     local.tee $24
     local.get $6
     i32.add
     v128.load
     local.get $16
     local.get $24
     v128.load
     local.get $15
     local.get $26
     local.get $14
     local.get $20
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $20
     local.get $21
     i32.const 1
     i32.add
     local.set $21
     local.get $7
     local.get $11
     i32.add
     local.set $11
     br $for-loop|1
    end
   end
   local.get $2
   local.get $17
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $2
   local.get $6
   i32.add
   local.get $18
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $2
   local.get $6
   i32.const 1
   i32.shl
   i32.add
   local.get $19
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $2
   local.get $6
   i32.const 3
   i32.mul
   i32.add
   local.get $20
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $0
   i32.const 16
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
   i32.const 16
   i32.add
   local.set $2
   br $for-loop|0
  end
 end
)

(func $assembly/depthwise/group1 (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 f32) (param $9 f32)
 (local $10 i32)
 (local $11 i32)
 (local $12 v128)
 (local $13 v128)
 (local $14 v128)
 (local $15 v128)
 (local $16 v128)
 (local $17 v128)
 (local $18 v128)
 (local $19 v128)
 (local $20 v128)
 (local $21 i32)
 (local $22 v128)
 (local $23 v128)
 (local $24 i32)
 (local $25 i32)
 (local $26 v128)
 local.get $8
 f32x4.splat
 local.set $12
 local.get $9
 f32x4.splat
 local.set $13
 local.get $2
 local.get $6
 i32.add
 local.set $24
 loop $for-loop|0
  local.get $2
  local.get $24
  i32.lt_u
  if
   local.get $3
   v128.load
   local.set $17
   local.get $3
   local.get $4
   i32.add
   v128.load
   local.set $18
   local.get $3
   local.get $4
   i32.const 1
   i32.shl
   i32.add
   v128.load
   local.set $19
   local.get $3
   local.get $4
   i32.const 3
   i32.mul
   i32.add
   v128.load
   local.set $20
   local.get $0
   local.set $11
   local.get $1
   local.set $10
   i32.const 0
   local.set $21
   loop $for-loop|1
    local.get $5
    local.get $21
    i32.gt_s
    if
     local.get $10
     v128.load
     local.set $14
     local.get $6
     local.get $10
     i32.add
     local.tee $10
     v128.load
     local.set $15
     local.get $6
     local.get $10
     i32.add
     local.tee $10
     v128.load
     local.set $16
     local.get $6
     local.get $10
     i32.add
     local.set $10
     local.get $6
     local.get $11
     i32.add
     local.tee $25
     v128.load
     local.set $26
     local.get $6
     local.get $25
     i32.add
     local.tee $25
     v128.load
     local.tee $22
     local.get $16
     local.get $26
     local.get $15
     local.get $11
     v128.load
     local.get $14
     local.get $17
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $17
     local.get $6
     local.get $25
     i32.add
     local.tee $25
     v128.load
     local.tee $23
     local.get $16
     local.get $22
     local.get $15
     local.get $26
     local.get $14
     local.get $18
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $18
     local.get $6
     local.get $25
     i32.add
     local.tee $25
     v128.load
     local.tee $26
     local.get $16
     local.get $23
     local.get $15
     local.get $22
     local.get $14
     local.get $19
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $19
     local.get $6
     local.get $25
     i32.add
     v128.load
     local.get $16
     local.get $26
     local.get $15
     local.get $23
     local.get $14
     local.get $20
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     f32x4.relaxed_madd
     local.set $20
     local.get $21
     i32.const 1
     i32.add
     local.set $21
     local.get $7
     local.get $11
     i32.add
     local.set $11
     br $for-loop|1
    end
   end
   local.get $2
   local.get $17
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $2
   local.get $6
   i32.add
   local.get $18
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $2
   local.get $6
   i32.const 1
   i32.shl
   i32.add
   local.get $19
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $2
   local.get $6
   i32.const 3
   i32.mul
   i32.add
   local.get $20
   local.get $12
   f32x4.pmax
   local.get $13
   f32x4.pmin
   v128.store
   local.get $0
   i32.const 16
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
   i32.const 16
   i32.add
   local.set $2
   br $for-loop|0
  end
 end
)

(func $assembly/depthwise/sumWindow (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 i32) (param $9 i32) (param $10 i32)
 (local $11 i32)
 (local $12 i32)
 (local $13 i32)
 (local $14 i32)
 (local $15 i32)
 (local $16 v128)
 (local $17 f32)
 loop $for-loop|0
  local.get $11
  i32.const 16
  i32.add
  local.get $10
  i32.le_u
  if
   local.get $1
   local.get $11
   i32.add
   v128.load
   local.set $16
   i32.const 0
   local.set $12
   loop $for-loop|1
    local.get $8
    local.get $12
    i32.gt_s
    if
     local.get $2
     local.get $11
     i32.add
     local.get $3
     local.get $12
     i32.mul
     i32.add
     local.set $13
     local.get $5
     local.get $11
     i32.add
     local.get $6
     local.get $12
     i32.mul
     i32.add
     local.set $14
     i32.const 0
     local.set $15
     loop $for-loop|2
      local.get $9
      local.get $15
      i32.gt_s
      if
       local.get $13
       v128.load
       local.get $14
       v128.load
       local.get $16
       f32x4.relaxed_madd
       local.set $16
       local.get $15
       i32.const 1
       i32.add
       local.set $15
       local.get $4
       local.get $13
       i32.add
       local.set $13
       local.get $7
       local.get $14
       i32.add
       local.set $14
       br $for-loop|2
      end
     end
     local.get $12
     i32.const 1
     i32.add
     local.set $12
     br $for-loop|1
    end
   end
   local.get $0
   local.get $11
   i32.add
   local.get $16
   v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
   f32x4.pmax
   v128.const i32x4 0x7f800000 0x7f800000 0x7f800000 0x7f800000
   f32x4.pmin
   v128.store
   local.get $11
   i32.const 16
   i32.add
   local.set $11
   br $for-loop|0
  end
 end
 loop $for-loop|3
  local.get $10
  local.get $11
  i32.gt_u
  if
   local.get $1
   local.get $11
   i32.add
   f32.load
   local.set $17
   i32.const 0
   local.set $12
   loop $for-loop|4
    local.get $8
    local.get $12
    i32.gt_s
    if
     local.get $2
     local.get $11
     i32.add
     local.get $3
     local.get $12
     i32.mul
     i32.add
     local.set $13
     local.get $5
     local.get $11
     i32.add
     local.get $6
     local.get $12
     i32.mul
     i32.add
     local.set $14
     i32.const 0
     local.set $15
     loop $for-loop|5
      local.get $9
      local.get $15
      i32.gt_s
      if
       local.get $17
       local.get $13
       f32.load
       local.get $14
       f32.load
       f32.mul
       f32.add
       local.set $17
       local.get $15
       i32.const 1
       i32.add
       local.set $15
       local.get $4
       local.get $13
       i32.add
       local.set $13
       local.get $7
       local.get $14
       i32.add
       local.set $14
       br $for-loop|5
      end
     end
     local.get $12
     i32.const 1
     i32.add
     local.set $12
     br $for-loop|4
    end
   end
   local.get $0
   local.get $11
   i32.add
   local.get $17
   f32.const -inf
   f32.max
   f32.const inf
   f32.min
   f32.store
   local.get $11
   i32.const 4
   i32.add
   local.set $11
   br $for-loop|3
  end
 end
)
