;; Release code of assembly/byte-gemm.ts, written by `npm run build:wat`: a change of it shows here.

(func $assembly/byte-gemm/tile (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32)
 (local $8 v128)
 (local $9 v128)
 (local $10 i32)
 (local $11 v128)
 (local $12 v128)
 (local $13 v128)
 (local $14 v128)
 (local $15 v128)
 (local $16 v128)
 (local $17 v128)
 (local $18 v128)
 (local $19 v128)
 local.get $3
 local.tee $10
 v128.load
 local.tee $8
 local.set $14
 local.get $10
 v128.load offset=16
 local.tee $9
 local.set $15
 local.get $8
 local.tee $12
 local.set $18
 local.get $9
 local.tee $11
 local.set $19
 local.get $10
 i32.const -64
 i32.sub
 local.tee $3
 local.get $1
 i32.const 5
 i32.shl
 i32.add
 local.set $1
 loop $for-loop|0
  local.get $1
  local.get $3
  i32.gt_u
  if
   local.get $8
   local.get $2
   v128.load32_splat
   local.tee $13
   local.get $3
   v128.load
   local.tee $16
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $8
   local.get $9
   local.get $13
   local.get $3
   v128.load offset=16
   local.tee $17
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $9
   local.get $14
   local.get $2
   v128.load32_splat offset=4
   local.tee $13
   local.get $16
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $14
   local.get $15
   local.get $13
   local.get $17
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $15
   local.get $12
   local.get $2
   v128.load32_splat offset=8
   local.tee $13
   local.get $16
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $12
   local.get $11
   local.get $13
   local.get $17
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $11
   local.get $18
   local.get $2
   v128.load32_splat offset=12
   local.tee $13
   local.get $16
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $18
   local.get $19
   local.get $13
   local.get $17
   i32x4.dot_i16x8_s
   i32x4.add
   local.set $19
   local.get $3
   i32.const 32
   i32.add
   local.set $3
   local.get $2
   i32.const 16
   i32.add
   local.set $2
   br $for-loop|0
  end
 end
 local.get $0
 i32.load
 i32.const 2
 i32.eq
 if
  local.get $10
  v128.load offset=48
  local.set $13
  local.get $4
  local.get $8
  f32x4.convert_i32x4_s
  local.get $10
  v128.load offset=32
  local.tee $8
  f32x4.mul
  v128.store
  local.get $4
  local.get $9
  f32x4.convert_i32x4_s
  local.get $13
  f32x4.mul
  v128.store offset=16
  local.get $4
  local.get $5
  i32.add
  local.tee $0
  local.get $14
  f32x4.convert_i32x4_s
  local.get $8
  f32x4.mul
  v128.store
  local.get $0
  local.get $15
  f32x4.convert_i32x4_s
  local.get $13
  f32x4.mul
  v128.store offset=16
  local.get $0
  local.get $5
  i32.add
  local.tee $0
  local.get $12
  f32x4.convert_i32x4_s
  local.get $8
  f32x4.mul
  v128.store
  local.get $0
  local.get $11
  f32x4.convert_i32x4_s
  local.get $13
  f32x4.mul
  v128.store offset=16
  local.get $0
  local.get $5
  i32.add
  local.tee $0
  local.get $18
  f32x4.convert_i32x4_s
  local.get $8
  f32x4.mul
  v128.store
  local.get $0
  local.get $19
  f32x4.convert_i32x4_s
  local.get $13
  f32x4.mul
  v128.store offset=16
  return
 end
 local.get $8
 local.get $0
 i32.load offset=4
 local.tee $1
 i32x4.shr_s
 local.get $9
 local.get $1
 i32x4.shr_s
 i16x8.narrow_i32x4_s
 local.get $10
 v128.load offset=32
 local.tee $8
 i16x8.q15mulr_sat_s
 local.set $9
 local.get $14
 local.get $1
 i32x4.shr_s
 local.get $15
 local.get $1
 i32x4.shr_s
 i16x8.narrow_i32x4_s
 local.get $8
 i16x8.q15mulr_sat_s
 local.set $15
 local.get $12
 local.get $1
 i32x4.shr_s
 local.get $11
 local.get $1
 i32x4.shr_s
 i16x8.narrow_i32x4_s
 local.get $8
 i16x8.q15mulr_sat_s
 local.set $11
 local.get $18
 local.get $1
 i32x4.shr_s
 local.get $19
 local.get $1
 i32x4.shr_s
 i16x8.narrow_i32x4_s
 local.get $8
 i16x8.q15mulr_sat_s
 local.set $8
 local.get $6
 if
  local.get $10
  v128.load offset=48
  local.set $12
  local.get $9
  local.get $0
  i32.load offset=12
  i32.const 0
  i32.ne
  local.tee $2
  if (result v128)
   local.get $6
   v128.load8x8_s align=1
  else
   local.get $6
   v128.load8x8_u align=1
  end
  i32.const 7
  i16x8.shl
  local.get $12
  i16x8.q15mulr_sat_s
  i16x8.add_sat_s
  v128.const i32x4 0x00080008 0x00080008 0x00080008 0x00080008
  i16x8.add_sat_s
  i32.const 4
  i16x8.shr_s
  local.set $9
  local.get $6
  local.get $7
  i32.add
  local.set $1
  local.get $15
  local.get $2
  if (result v128)
   local.get $1
   v128.load8x8_s align=1
  else
   local.get $1
   v128.load8x8_u align=1
  end
  i32.const 7
  i16x8.shl
  local.get $12
  i16x8.q15mulr_sat_s
  i16x8.add_sat_s
  v128.const i32x4 0x00080008 0x00080008 0x00080008 0x00080008
  i16x8.add_sat_s
  i32.const 4
  i16x8.shr_s
  local.set $15
  local.get $1
  local.get $7
  i32.add
  local.set $1
  local.get $11
  local.get $2
  if (result v128)
   local.get $1
   v128.load8x8_s align=1
  else
   local.get $1
   v128.load8x8_u align=1
  end
  i32.const 7
  i16x8.shl
  local.get $12
  i16x8.q15mulr_sat_s
  i16x8.add_sat_s
  v128.const i32x4 0x00080008 0x00080008 0x00080008 0x00080008
  i16x8.add_sat_s
  i32.const 4
  i16x8.shr_s
  local.set $11
  local.get $1
  local.get $7
  i32.add
  local.set $1
  local.get $8
  local.get $2
  if (result v128)
   local.get $1
   v128.load8x8_s align=1
  else
   local.get $1
   v128.load8x8_u align=1
  end
  i32.const 7
  i16x8.shl
  local.get $12
  i16x8.q15mulr_sat_s
  i16x8.add_sat_s
  v128.const i32x4 0x00080008 0x00080008 0x00080008 0x00080008
  i16x8.add_sat_s
  i32.const 4
  i16x8.shr_s
  local.set $8
 end
 local.get $11
 local.get $8
 i8x16.narrow_i16x8_u
 local.get $11
 local.get $8
 i8x16.narrow_i16x8_s
 local.get $0
 i32.load
 local.tee $0
 select
 local.set $11
 local.get $4
 local.get $9
 local.get $15
 i8x16.narrow_i16x8_u
 local.get $9
 local.get $15
 i8x16.narrow_i16x8_s
 local.get $0
 select
 local.tee $8
 v128.store64_lane 0
 local.get $4
 local.get $5
 i32.add
 local.tee $0
 local.get $8
 v128.store64_lane 1
 local.get $0
 local.get $5
 i32.add
 local.tee $0
 local.get $11
 v128.store64_lane 0
 local.get $0
 local.get $5
 i32.add
 local.get $11
 v128.store64_lane 1
)

(func $assembly/byte-gemm/multiplyBytes (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 i32) (param $9 i32)
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
 (local $21 i32)
 (local $22 i32)
 (local $23 i32)
 (local $24 i32)
 local.get $3
 i32.const 4
 i32.shl
 local.set $23
 local.get $3
 i32.const 5
 i32.shl
 i32.const -64
 i32.sub
 local.set $24
 i32.const 8
 i32.const 2
 i32.const 0
 local.get $0
 i32.load
 i32.const 2
 i32.eq
 select
 local.tee $21
 i32.shl
 local.set $22
 loop $for-loop|0
  local.get $2
  local.get $18
  i32.gt_s
  if
   i32.const 8
   local.get $2
   local.get $18
   i32.sub
   local.tee $10
   local.get $10
   i32.const 8
   i32.ge_s
   select
   local.set $20
   local.get $4
   local.set $12
   local.get $18
   local.get $21
   i32.shl
   local.set $16
   i32.const 0
   local.set $19
   loop $for-loop|1
    local.get $1
    local.get $19
    i32.gt_s
    if
     i32.const 4
     local.get $1
     local.get $19
     i32.sub
     local.tee $10
     local.get $10
     i32.const 4
     i32.ge_s
     select
     local.tee $13
     i32.const 4
     i32.eq
     local.get $20
     i32.const 8
     i32.eq
     i32.and
     if
      local.get $0
      local.get $3
      local.get $12
      local.get $5
      local.get $6
      local.get $16
      i32.add
      local.get $7
      local.get $8
      local.get $16
      i32.add
      i32.const 0
      local.get $8
      select
      local.get $7
      call $assembly/byte-gemm/tile
     else
      local.get $9
      i32.const 128
      i32.add
      i32.const 0
      local.get $8
      select
      local.tee $14
      if
       local.get $14
       local.set $10
       local.get $8
       local.get $16
       i32.add
       local.set $15
       local.get $13
       local.set $11
       loop $for-loop|00
        local.get $11
        i32.const 0
        i32.gt_s
        if
         i32.const 0
         local.set $17
         loop $for-loop|11
          local.get $17
          local.get $20
          i32.lt_u
          if
           local.get $10
           local.get $17
           i32.add
           local.get $15
           local.get $17
           i32.add
           i32.load8_u
           i32.store8
           local.get $17
           i32.const 1
           i32.add
           local.set $17
           br $for-loop|11
          end
         end
         local.get $11
         i32.const 1
         i32.sub
         local.set $11
         local.get $10
         i32.const 8
         i32.add
         local.set $10
         local.get $7
         local.get $15
         i32.add
         local.set $15
         br $for-loop|00
        end
       end
      end
      local.get $0
      local.get $3
      local.get $12
      local.get $5
      local.get $9
      local.get $22
      local.get $14
      i32.const 8
      call $assembly/byte-gemm/tile
      local.get $6
      local.get $16
      i32.add
      local.set $15
      local.get $9
      local.set $10
      local.get $20
      local.get $21
      i32.shl
      local.set $14
      loop $for-loop|02
       local.get $13
       i32.const 0
       i32.gt_s
       if
        i32.const 0
        local.set $11
        loop $for-loop|13
         local.get $11
         local.get $14
         i32.lt_u
         if
          local.get $11
          local.get $15
          i32.add
          local.get $10
          local.get $11
          i32.add
          i32.load8_u
          i32.store8
          local.get $11
          i32.const 1
          i32.add
          local.set $11
          br $for-loop|13
         end
        end
        local.get $13
        i32.const 1
        i32.sub
        local.set $13
        local.get $7
        local.get $15
        i32.add
        local.set $15
        local.get $10
        local.get $22
        i32.add
        local.set $10
        br $for-loop|02
       end
      end
     end
     local.get $16
     local.get $7
     i32.const 2
     i32.shl
     i32.add
     local.set $16
     local.get $19
     i32.const 4
     i32.add
     local.set $19
     local.get $12
     local.get $23
     i32.add
     local.set $12
     br $for-loop|1
    end
   end
   local.get $18
   i32.const 8
   i32.add
   local.set $18
   local.get $5
   local.get $24
   i32.add
   local.set $5
   br $for-loop|0
  end
 end
)
